/**
 * How libnftables spells "one of these": an object with exactly one key, which says what it is.
 * Made from a table of what stands under each key.
 */
export type OneOf<Bodies> = { [Kind in keyof Bodies]: Pick<Bodies, Kind> }[keyof Bodies];
