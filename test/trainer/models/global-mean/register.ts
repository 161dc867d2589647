import { MODELS } from '../../../../trainer/models/index.ts';
import type { RatingModel } from '../../../../trainer/models/rating-model.ts';
import { globalMean } from './index.ts';

// Stands for the line that a model of the project has in `trainer/models/index.ts`.
(MODELS as RatingModel[]).push(globalMean);
