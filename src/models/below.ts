/** The address of a path below another one, which may end with slashes or without. */
export function below(base: string, path: string): string {
  let end = base.length;
  while (base.charAt(end - 1) === '/') end--;
  return `${base.slice(0, end)}/${path}`;
}
