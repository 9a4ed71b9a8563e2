import { minimise } from './lbfgs.ts';
import { softmaxInPlace } from './softmax.ts';

/** Several models' log-odds become one's, calibrated: each times its slope, and of each class its shift added. */
export interface Calibration {
  readonly slopes: readonly number[];
  /** The first is 0, because only differences tell. */
  readonly shifts: readonly number[];
}

/**
 * Fits what makes probabilities, of log-odds, that come true as often as they say: with one model for two classes
 * Platt's sigmoid (Probabilistic Outputs for Support Vector Machines, 1999); with more classes its form with a shift
 * for each (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, 4.2); with more models their stacking too
 * (Wolpert, Stacked Generalization, 1992). Of one model the order is kept: who is likelier stays so, which the steps
 * of isotonic regression would level.
 *
 * A prior of one observation's worth holds slopes and shifts to 0, where nothing is believed, as long as there is
 * nothing to learn them from.
 *
 * @param logits of each model `classes` numbers for each label, of rows that it was not trained on.
 */
export function calibrate(logits: readonly Float64Array[], labels: Uint8Array, classes: number): Calibration {
  const models = logits.length;
  const { x } = minimise(
    (at, gradient) => {
      gradient.set(at);
      let loss = at.reduce((sum, one) => sum + one ** 2 / 2, 0);
      const probabilities = new Float64Array(classes);
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row]!;
        for (let c = 0; c < classes; c++) {
          let sum = c === 0 ? 0 : at[models + c - 1]!;
          for (let m = 0; m < models; m++) sum += at[m]! * logits[m]![row * classes + c]!;
          probabilities[c] = sum;
        }
        loss += softmaxInPlace(probabilities, label);
        for (let c = 0; c < classes; c++) {
          const residual = probabilities[c]! - (c === label ? 1 : 0);
          for (let m = 0; m < models; m++)
            gradient[m] = gradient[m]! + residual * logits[m]![row * classes + c]!;
          if (c > 0) gradient[models + c - 1] = gradient[models + c - 1]! + residual;
        }
      }
      return loss;
    },
    new Float64Array(models + classes - 1),
    { tolerance: 1e-8 * Math.max(labels.length, 1) },
  );
  return { slopes: [...x.subarray(0, models)], shifts: [0, ...x.subarray(models)] };
}
