// Draws points by WebGL 2: two 16-bit numbers and two bytes each. What is drawn is a prefix of the points, so that
// fewer of them, drawn while the map moves, are still a fair sample of all.

const VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in vec2 mark;
uniform vec4 view;
uniform float size;
uniform vec2 opacity;
uniform sampler2D palette;
out vec4 colour;
void main() {
  vec4 of_mark = texelFetch(palette, ivec2(int(mark.x + 0.5), 0), 0);
  float seen = of_mark.a * (mark.y > 0.5 ? opacity.y : opacity.x);
  colour = vec4(of_mark.rgb * seen, seen);
  gl_Position = of_mark.a == 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(place * view.xy + view.zw, 0.0, 1.0);
  gl_PointSize = size;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
uniform mediump float width;
out vec4 shown;
void main() {
  float away = length(gl_PointCoord - 0.5) * width;
  shown = width < 2.5 ? colour : colour * clamp(width * 0.5 - away + 0.5, 0.0, 1.0);
}`;

/**
 * @param {WebGL2RenderingContext} gl
 * @param {number} kind
 * @param {string} source
 */
function compiled(gl, kind, source) {
  const shader = gl.createShader(kind);
  if (!shader) throw new Error("no shader");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

export class WebGLPainter {
  kind = "webgl";
  canvas = document.createElement("canvas");
  #gl;
  /** @type {Record<string, WebGLUniformLocation | null>} */
  #uniforms = {};
  /** @type {WebGLBuffer | null} */
  #places = null;
  /** @type {WebGLBuffer | null} */
  #marks = null;
  /** @type {WebGLFramebuffer | null} */
  #layer = null; // where a picture is made over several frames
  /** @type {WebGLSync | null} */
  #fence = null; // passed when all that was asked for is drawn

  /**
   * Raises an error where there is no WebGL 2.
   * @param {number} count
   */
  constructor(count) {
    const settings = { antialias: false, alpha: false, depth: false, powerPreference: "high-performance" };
    const gl = this.canvas.getContext("webgl2", settings);
    if (!(gl instanceof WebGL2RenderingContext)) throw new Error("no WebGL 2");
    this.#gl = gl;
    this.#prepare(count);
  }

  // Whether a processor does the work of a graphics card, which takes ten to a hundred times as long.
  get isSoftware() {
    const gl = this.#gl;
    const known = gl.getExtension("WEBGL_debug_renderer_info");
    const name = gl.getParameter(known ? known.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
    return /swiftshader|llvmpipe|software|basic render/i.test(name);
  }

  get isLost() {
    return this.#gl.isContextLost();
  }

  // Whether it still draws: what is asked for meanwhile would wait, and the page with it.
  get isBusy() {
    const gl = this.#gl;
    if (!this.#fence || gl.isContextLost()) return false;
    if (gl.clientWaitSync(this.#fence, 0, 0) === gl.TIMEOUT_EXPIRED) return true;
    gl.deleteSync(this.#fence);
    this.#fence = null;
    return false;
  }

  #mark() {
    const gl = this.#gl;
    if (this.#fence) gl.deleteSync(this.#fence);
    this.#fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  /** @param {number} count */
  #prepare(count) {
    const gl = this.#gl;
    this.#fence = null;
    const program = gl.createProgram();
    gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !this.isLost) {
      throw new Error(gl.getProgramInfoLog(program) || "no program");
    }
    gl.useProgram(program);
    const names = ["view", "size", "width", "opacity"];
    this.#uniforms = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));
    this.#places = this.#buffer(0, count * 4, gl.UNSIGNED_SHORT, 4);
    this.#marks = this.#buffer(1, count * 4, gl.UNSIGNED_BYTE, 4);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#layer = null;
  }

  /**
   * @param {number} location
   * @param {number} bytes
   * @param {number} type
   * @param {number} stride
   */
  #buffer(location, bytes, type, stride) {
    const gl = this.#gl;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, Math.max(4, bytes), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, 2, type, false, stride, 0);
    return buffer;
  }

  /**
   * After the context was lost: everything is made anew.
   * @param {number} count
   */
  restore(count) {
    this.#prepare(count);
  }

  /**
   * @param {Uint16Array<ArrayBuffer>} places
   * @param {number} from
   * @param {number} to
   */
  setPlaces(places, from, to) {
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, this.#places);
    this.#gl.bufferSubData(this.#gl.ARRAY_BUFFER, from * 4, places, from * 2, (to - from) * 2);
  }

  /**
   * Four bytes a point (graphics cards want them so): its colour in the palette, whether it stands back, two unused.
   * @param {Uint8Array<ArrayBuffer>} marks
   * @param {number} from
   * @param {number} to
   */
  setMarks(marks, from, to) {
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, this.#marks);
    this.#gl.bufferSubData(this.#gl.ARRAY_BUFFER, from * 4, marks, from * 4, (to - from) * 4);
  }

  /**
   * @param {Uint8Array} colours
   * @param {RGB} page
   */
  setPalette(colours, [red, green, blue]) {
    const gl = this.#gl;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    gl.clearColor(red / 255, green / 255, blue / 255, 1);
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.#gl.viewport(0, 0, width, height);
    this.#layer = null;
  }

  /** @param {Frame} frame */
  #aim({ ax, bx, ay, by, size, opacity, behind }) {
    const gl = this.#gl;
    const { width, height } = this.canvas;
    const [x, y] = [(2 * bx) / width - 1, 1 - (2 * by) / height];
    gl.uniform4f(this.#uniforms.view, (2 * ax) / width, (-2 * ay) / height, x, y);
    gl.uniform1f(this.#uniforms.size, size);
    gl.uniform1f(this.#uniforms.width, size);
    gl.uniform2f(this.#uniforms.opacity, opacity, opacity * behind);
  }

  /**
   * @param {Frame} frame
   * @param {number} count
   */
  draw(frame, count) {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.#aim(frame);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.drawArrays(gl.POINTS, 0, count);
    this.#mark();
  }

  /**
   * The same picture in parts, each short enough for one frame; it is seen when it is whole.
   * @param {Frame} frame
   * @param {number} from
   * @param {number} to
   * @param {boolean} isLast
   */
  drawPart(frame, from, to, isLast) {
    const gl = this.#gl;
    const { width, height } = this.canvas;
    this.#layer ??= this.#newLayer(width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#layer);
    this.#aim(frame);
    if (from === 0) gl.clear(gl.COLOR_BUFFER_BIT);
    gl.drawArrays(gl.POINTS, from, to - from);
    if (isLast) {
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.#layer);
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
      gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    }
    this.#mark();
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #newLayer(width, height) {
    const gl = this.#gl;
    const layer = gl.createFramebuffer();
    const pixels = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, pixels);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, pixels);
    return layer;
  }

  // Waits until what was drawn is there; for measuring.
  finish() {
    this.#gl.readPixels(0, 0, 1, 1, this.#gl.RGBA, this.#gl.UNSIGNED_BYTE, new Uint8Array(4));
  }
}
