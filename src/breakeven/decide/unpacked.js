// What breakeven.core.packed packed, as a response to be read as JSON or bytes.
"use strict";
globalThis.breakevenUnpacked = (packed) => {
  const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
};
