// Arrays as packing.py has packed them: whole numbers, deflated, in base64.
const KINDS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array };

async function unpack(packed, Kind = Int32Array) {
  const bytes = Uint8Array.from(atob(packed.data), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const values = new KINDS[packed.dtype](await new Response(stream).arrayBuffer());
  if (!packed.delta) return values;
  const sums = new Kind(values);
  for (let i = packed.width; i < sums.length; i++) sums[i] += sums[i - packed.width];
  return sums;
}

async function unpackAll(content) {
  const names = Object.keys(content).filter((name) => content[name] !== null && content[name].dtype);
  // what signals show fits into bytes; their sums turn over as their differences do
  const arrays = await Promise.all(names.map((name) => unpack(content[name], name === "display" ? Uint8Array : Int32Array)));
  return { ...content, ...Object.fromEntries(names.map((name, i) => [name, arrays[i]])) };
}
