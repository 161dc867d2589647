/** Genres that share a colour, the most telling first: a film has that of the first family that it belongs to. */
export const FAMILIES = [
  { name: 'Documentary', genres: ['Documentary'] },
  { name: 'Children, animation', genres: ['Children', 'Animation'] },
  { name: 'Horror', genres: ['Horror'] },
  { name: 'Sci-fi, fantasy', genres: ['Sci-Fi', 'Fantasy'] },
  { name: 'Action, adventure', genres: ['Action', 'Adventure', 'War', 'Western'] },
  { name: 'Crime, thriller', genres: ['Crime', 'Thriller', 'Mystery', 'Film-Noir'] },
  { name: 'Comedy', genres: ['Comedy'] },
  { name: 'Drama and others', genres: [] },
] as const satisfies readonly { name: string; genres: readonly string[] }[];

/** The place of a film's family. */
export function familyOf(genres: readonly string[]): number {
  const at = FAMILIES.findIndex((family) => family.genres.some((genre) => genres.includes(genre)));
  return at < 0 ? FAMILIES.length - 1 : at;
}
