import type { Observable } from "../../src/session";

/** A value that stays as it is. */
export function observable<T>(value: T): Observable<T> {
  return { value, subscribe: () => () => undefined };
}
