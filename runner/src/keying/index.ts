/** Keying: the teacher's screens. Knows the seat's session; never a key, never a name. */
export { startKeying } from "./screen";
