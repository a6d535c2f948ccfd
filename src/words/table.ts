// Lays rows out in columns for a terminal, where people compare numbers below each other.

/** A cell; a number is set to the right. */
export type Cell = string | number;

/** Rows of equal width, two spaces between columns, no space at the end of a line. The first row is the heading. */
export function table(rows: readonly (readonly Cell[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell));
    }
  }
  const isNumeric = (column: number) =>
    rows.slice(1).some((row) => typeof row[column] === 'number');
  return rows.map((row) =>
    row
      .map((cell, column) => padded(String(cell), widths[column] ?? 0, isNumeric(column)))
      .join('  ')
      .trimEnd(),
  );
}

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return right ? space + text : text + space;
}

/** Characters as people count them. */
function lengthOf(cell: Cell): number {
  return Array.from(String(cell)).length;
}
