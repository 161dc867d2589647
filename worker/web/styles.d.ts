/** A stylesheet as text, with all that it imports (scripts/lib/page.ts). */
declare module '*.css?text' {
  const text: string;
  export default text;
}
