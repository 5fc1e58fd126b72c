// Answers may overtake each other on their way: one that is older than what came already does not count any more.

export class InOrder {
  constructor() {
    this.asked = 0;
    this.taken = 0;
  }

  // Resolves with the answer, or with undefined when the answer to a later question was there first.
  async of(answer) {
    const mine = (this.asked += 1);
    try {
      const said = await answer;
      if (mine < this.taken) return undefined;
      this.taken = mine;
      return said;
    } catch (refusal) {
      if (mine < this.taken) return undefined;
      throw refusal;
    }
  }
}
