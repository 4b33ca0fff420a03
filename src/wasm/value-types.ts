/** Types of values that functions take, return and hold. */
export const VALUE_TYPES = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
/** The name of such a type. */
export type ValueType = keyof typeof VALUE_TYPES;
