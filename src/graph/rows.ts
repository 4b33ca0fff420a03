import { ShapeError } from "../base/index.ts";
import { checkFloat } from "./elementwise.ts";
import { addNode, type Tensor } from "./graph.ts";
import { reshape } from "./shape-ops.ts";
import { sameShape, shapeText } from "./shapes.ts";

/**
 * Rows of a table by their numbers, `out[..., :] = table[ids[...], :]`: an embedding.
 *
 * @param table (V, D)
 * @param ids (...), int64, each 0 <= id < V: an executor refuses others when it runs
 * @returns (..., D)
 * @throws ShapeError for a table of other than two axes, or ids that are not int64
 */
export function gather(table: Tensor, ids: Tensor): Tensor {
  checkTable("gather", table);
  checkIds("gather", ids);
  return addNode("Gather", [table, ids], { shape: [...ids.shape, table.shape[1]] });
}

/**
 * A table with rows added to some of its own, `out[ids[...], :] += rows[..., :]`; what is named twice gets both. The
 * adjoint of {@link gather}.
 *
 * @param table (V, D)
 * @param ids (...), int64, each 0 <= id < V
 * @param rows (..., D)
 * @returns (V, D)
 * @throws ShapeError where shapes do not fit each other, or ids are not int64
 */
export function addRows(table: Tensor, ids: Tensor, rows: Tensor): Tensor {
  checkTable("addRows", table);
  checkIds("addRows", ids);
  checkFloat("addRows", rows);
  const expected = [...ids.shape, table.shape[1]];
  if (!sameShape(rows.shape, expected))
    throw new ShapeError(
      `addRows: rows have shape ${shapeText(rows.shape)}, expected ${shapeText(expected)}`,
    );
  const places = reshape(ids, [...ids.shape, 1]);
  return addNode("ScatterND", [table, places, rows], { shape: table.shape }, { reduction: { text: "add" } });
}

/** The ids that a ScatterND node's input of places was made of: without its last axis, which is 1. */
export function idsOfPlaces(places: Tensor): Tensor {
  return reshape(places, places.shape.slice(0, -1));
}

function checkTable(what: string, table: Tensor): void {
  checkFloat(what, table);
  if (table.shape.length !== 2)
    throw new ShapeError(`${what}: table has shape ${shapeText(table.shape)}, expected (V, D)`);
}

function checkIds(what: string, ids: Tensor): void {
  if (ids.dtype !== "int64") throw new ShapeError(`${what}: ids are ${ids.dtype}, expected int64`);
}
