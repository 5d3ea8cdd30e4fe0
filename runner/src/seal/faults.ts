/** Bytes that are no gzip, cut short, damaged, or larger than allowed inside. */
export class GzipFault extends Error {}
