// Types that several scripts use. Those that the API describes are generated, in types.d.ts; what only pages are told,
// and the classes of modules by their names, stand here.

/** x and y. */
type Pair = [number, number];
/** Left, bottom, right and top, in the map's own coordinates; or left, top, right and bottom in steps or pixels. */
type Box = [number, number, number, number];
type RGB = [number, number, number];

/** What an answer that is an error says of itself. */
interface Problem {
  /** The API and the data of maps. */
  detail?: string;
  /** Pages that also answer scripts. */
  error?: string;
  /** Where one signs in, of status 401. */
  sign_in?: string;
}

interface RecentSearch {
  words: string;
  details: string[];
  url: string;
}

interface CollectionLink {
  id: number;
  name: string;
  url: string;
}

/** A run that a page shows, and when it was told so, on the clock of the page in milliseconds. */
type ShownRun = RunState & { receivedAt: number };
type Connection = "live" | "polling" | "lost";

/** A link as browsers have it that let a page wait for something before they paint. */
type BlockingLink = HTMLLinkElement & { blocking?: DOMTokenList };

// --- The map --------------------------------------------------------------------------------------------------------

/** How the points of a map are laid out: where they can lie, and how many each level of detail has. */
interface MapLayout {
  bounds: Box;
  levels: number[];
}

/** The block `map-data` of the page of a map. */
interface MapData {
  projection: number;
  name: string;
  slug: string;
  count: number;
  layout: MapLayout;
  /** The address below which the data of the map stand; it ends with a slash. */
  base: string;
  page: string;
  search: string;
  composer: string;
  /** The address that names a cluster, with zeros for level and number; empty for who may not. */
  rename: string;
  image: number | null;
  chosenName: string;
  isOther: boolean;
}

/** What is known of a point. One whose image is gone has neither name nor addresses. */
type PointFacts = ShownPoint | GonePoint;

interface ShownPoint {
  index: number;
  x: number;
  y: number;
  gone?: false;
  image: number;
  name: string;
  url: string;
  thumbnail: string;
  clusters?: string[];
  score?: number;
}

interface GonePoint {
  index: number;
  x: number;
  y: number;
  gone: true;
  clusters?: string[];
  score?: number;
}

interface MapHit {
  index: number;
  image: number;
  score: number;
  url: string;
  thumbnail: string;
  name: string;
}

interface MapHits {
  hits: MapHit[];
  total: number;
  not_on_map: number;
  more: boolean;
  query: string;
  notice: string;
}

interface MapCluster {
  number: number;
  label: string;
  count: number;
  x: number;
  y: number;
}

interface ClusterLevel {
  level: number;
  clusters: MapCluster[];
}

interface MapColumns {
  date: { first: string; last: string } | null;
  tags: { name: string; count: number }[];
}

/** A sheet of small images: which points they are, how large each is, and how many stand in a row. */
interface SheetFacts {
  indices: number[];
  cell: number;
  columns: number;
}

/** A row of the legend: a place of the palette, and what has it. */
interface LegendItem {
  place: number;
  label: string;
  count: number;
  cluster?: MapCluster;
}

interface Legend {
  items: LegendItem[];
  ramp: LegendRamp | null;
}

interface LegendRamp {
  low: string;
  high: string;
  /** The last place of the palette that is part of the ramp. */
  last: number;
}

/**
 * How a view is drawn: pixels of a point are `a * step + b` on each axis; `behind` is the opacity of what stands back.
 */
interface Frame {
  ax: number;
  bx: number;
  ay: number;
  by: number;
  size: number;
  opacity: number;
  behind: number;
}

/** What part of a map a selection is made of. */
interface Shape {
  polygon: Pair[];
}

/** What part of the map's own coordinates something takes. */
interface MapBounds {
  left: number;
  bottom: number;
  width: number;
  height: number;
}

/** A place in the middle of the window, and how many times closer than when everything fits. */
interface Goal {
  x: number;
  y: number;
  zoom: number;
}

type Combination = "new" | "add" | "subtract" | "within";
/** AddressParameters of an address, by name. */
type AddressParameters = Partial<Record<string, string>>;
/** Draws over the points. */
type Layer = (context: CanvasRenderingContext2D, camera: Camera) => void;

type Camera = import("./map/render/camera.js").Camera;
type GridIndex = import("./map/render/grid-index.js").GridIndex;
type Points = import("./map/render/points.js").Points;
type MapView = import("./map/render/view.js").MapView;
type Tiles = import("./map/render/tiles.js").Tiles;
type Thumbnails = import("./map/render/thumbnails.js").Thumbnails;
type Captions = import("./map/render/captions.js").Captions;
type Caption = import("./map/render/captions.js").Caption;
type Marker = import("./map/render/marker.js").Marker;
type PointLookup = import("./map/facts.js").PointLookup;
type Colouring = import("./map/colouring.js").Colouring;
type Address = import("./map/address.js").Address;
type Card = import("./map/card.js").Card;
type Chosen = import("./map/chosen.js").Chosen;
type ColourChoice = import("./map/choice.js").ColourChoice;
type Drawing = import("./map/drawing.js").Drawing;
type SearchOnMap = import("./map/search.js").SearchOnMap;
type Selecting = import("./map/selecting.js").Selecting;
type DrawingTool = "lasso" | "rectangle";
/** Takes each further place, in pixels, of what a hand draws. */
type Stroke = (place: Pair, isLast: boolean) => void;
