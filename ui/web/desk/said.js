// What a refusal means at the desk; times in it are shown as the hall's clock shows them.

import { dateTimeOf } from "../shared/clock.js";
import { refusalText } from "../shared/door.js";

export function said(texts, refusal, zone) {
  const { code, detail } = refusal;
  const until = detail.until || detail.from;
  const timed = `desk.refused.${code}.until`;
  if (until && texts.has(timed)) return texts.t(timed, { time: dateTimeOf(texts, until, zone) });
  return refusalText(texts, refusal, "desk");
}
