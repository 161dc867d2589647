/** A difference that is looked at again and again. */
export interface AlwaysValid {
  /** p value that holds at every look: under no difference it ever falls to α with a probability of at most α. */
  readonly p: number;
  /** Half width of a confidence sequence: with a probability of 1 − α all looks together hold the truth. */
  readonly halfWidth: number;
}

/**
 * The mixture sequential probability ratio test with a normal mixture (Johari, Koomen, Pekelis & Walsh, "Always valid
 * inference: continuous monitoring of A/B tests", Operations Research 2022; Robbins, 1970). For an estimate θ of standard
 * error s, V = s²:
 *   Λ = √(V / (V + τ²)) · exp(τ² θ² / (2 V (V + τ²))),   p = min(1, 1 / Λ)
 *   halfWidth² = V (V + τ²) / τ² · (ln((V + τ²) / V) − 2 ln α)
 *
 * @param tau the size of differences that are worth finding; to be fixed before the first look
 */
export function alwaysValid(
  { value, error }: { readonly value: number; readonly error: number },
  tau: number,
  alpha: number,
): AlwaysValid {
  const [V, T] = [error * error, tau * tau];
  const logLambda = 0.5 * Math.log(V / (V + T)) + (T * value * value) / (2 * V * (V + T));
  const squared = ((V * (V + T)) / T) * (Math.log((V + T) / V) - 2 * Math.log(alpha));
  return { p: Math.min(1, Math.exp(-logLambda)), halfWidth: Math.sqrt(squared) };
}
