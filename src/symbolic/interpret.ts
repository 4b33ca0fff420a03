import { OPERATOR_NAMES, ruleOf } from "./operators.ts";
import { type Program, STEP } from "./program.ts";

/** Reads the arrays of a program's inputs and writes those of its outputs, in that order. */
export type Kernel = (...arrays: Float64Array[]) => void;

/**
 * A function that runs a program step by step: for hosts that forbid generated code. It owns its registers, and
 * a call allocates nothing but the list of its arguments.
 */
export function interpret(program: Program): Kernel {
  const { steps, loads, outputs, inputs } = program;
  const r = new Float64Array(program.registers);
  for (const { register, value } of program.constants) r[register] = value;
  const values = OPERATOR_NAMES.map((name) => ruleOf(name).value);
  return (...arrays) => {
    for (const { register, input, place } of loads) r[register] = arrays[input][place];
    for (let at = 0; at < steps.length; at += STEP) {
      const a = r[steps[at + 2]];
      const b = r[steps[at + 3]];
      let value: number;
      switch (steps[at]) {
        case ADD:
          value = a + b;
          break;
        case SUB:
          value = a - b;
          break;
        case MUL:
          value = a * b;
          break;
        default:
          value = values[steps[at]](a, b, r[steps[at + 4]]);
      }
      r[steps[at + 1]] = value;
    }
    for (let o = 0; o < outputs.length; o++) {
      const { adds, sparse, stores } = outputs[o];
      const out = arrays[inputs.length + o];
      if (sparse) out.fill(0);
      if (adds) for (const { place, register } of stores) out[place] += r[register];
      else for (const { place, register } of stores) out[place] = r[register];
    }
  };
}

const ADD = OPERATOR_NAMES.indexOf("add");
const SUB = OPERATOR_NAMES.indexOf("sub");
const MUL = OPERATOR_NAMES.indexOf("mul");
