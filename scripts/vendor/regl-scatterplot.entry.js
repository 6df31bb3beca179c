// What the map uses of the library; everything else is left out of the bundle by tree shaking.
export { default } from "regl-scatterplot";
