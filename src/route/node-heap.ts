/**
 * Binary min-heap of node numbers with keys that can be lowered; `position` finds a node in the heap.
 * All arrays are kept between searches and grow only when a search needs more than any before it.
 */
export type NodeHeap = {
  size: number;
  /** (capacity) keys in heap order. */ keys: Float64Array;
  /** (capacity) nodes in heap order. */ nodes: Int32Array;
  /** (number of nodes, or more) place of a node in the heap, -1 once it has been taken out. */
  position: Int32Array;
};

/** Creates a heap for nodes 0 .. nodeCount - 1; higher ones make it grow. */
export function createNodeHeap(nodeCount: number, capacity = 4096): NodeHeap {
  return {
    size: 0,
    keys: new Float64Array(capacity),
    nodes: new Int32Array(capacity),
    position: new Int32Array(nodeCount),
  };
}

/** Adds a node that is not in the heap. */
export function pushNode(heap: NodeHeap, node: number, key: number): void {
  if (heap.size === heap.keys.length) {
    const keys = new Float64Array(2 * heap.size);
    const nodes = new Int32Array(2 * heap.size);
    keys.set(heap.keys);
    nodes.set(heap.nodes);
    heap.keys = keys;
    heap.nodes = nodes;
  }
  if (node >= heap.position.length) {
    const position = new Int32Array(2 * node + 1);
    position.set(heap.position);
    heap.position = position;
  }
  siftUp(heap, heap.size++, node, key);
}

/** Lowers the key of a node in the heap. */
export function lowerKey(heap: NodeHeap, node: number, key: number): void {
  siftUp(heap, heap.position[node], node, key);
}

/** Takes out the node with the lowest key; the heap must not be empty. */
export function popNode(heap: NodeHeap): number {
  const { keys, nodes, position } = heap;
  const top = nodes[0];
  position[top] = -1;
  const size = --heap.size;
  if (size === 0) return top;
  const key = keys[size];
  const node = nodes[size];
  let hole = 0;
  for (let child = 1; child < size; child = 2 * hole + 1) {
    if (child + 1 < size && keys[child + 1] < keys[child]) child++;
    if (keys[child] >= key) break;
    keys[hole] = keys[child];
    nodes[hole] = nodes[child];
    position[nodes[hole]] = hole;
    hole = child;
  }
  keys[hole] = key;
  nodes[hole] = node;
  position[node] = hole;
  return top;
}

function siftUp(heap: NodeHeap, from: number, node: number, key: number): void {
  const { keys, nodes, position } = heap;
  let hole = from;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (keys[parent] <= key) break;
    keys[hole] = keys[parent];
    nodes[hole] = nodes[parent];
    position[nodes[hole]] = hole;
    hole = parent;
  }
  keys[hole] = key;
  nodes[hole] = node;
  position[node] = hole;
}
