// Five faces drawn for this project. Same size, same line, same colour: only the mouth and the brows speak.

import { drawing } from "../shared/icons.js";

const HEAD = "M16 29a13 13 0 1 0 0-26 13 13 0 0 0 0 26z";
const EYES = ["M11.500 12.500v1.500", "M20.500 12.500v1.500"];

const FACES = {
  "very-satisfied": ["M10 13.500c.600-1.300 2.400-1.300 3 0", "M19 13.500c.600-1.300 2.400-1.300 3 0", "M9.500 17.500h13c-.500 4.200-3 6.500-6.500 6.500s-6-2.300-6.500-6.500z"],
  satisfied: [...EYES, "M10 18.500c1.200 2.900 3.300 4.300 6 4.300s4.800-1.400 6-4.300"],
  "basically-satisfied": [...EYES, "M11 19.500c1.500 1.400 3.100 2 5 2s3.500-.600 5-2"],
  dissatisfied: [...EYES, "M11 22c1.500-1.500 3.100-2.200 5-2.200s3.500.700 5 2.200"],
  "very-dissatisfied": ["M11.500 13.500v1.300", "M20.500 13.500v1.300", "m9.500 9.800 4 1.600", "m22.500 9.800-4 1.600", "M10.500 23.500c1.200-2.700 3-4 5.500-4s4.300 1.300 5.500 4"],
};

export function face(level) {
  return drawing([HEAD].concat(FACES[level]), "face");
}
