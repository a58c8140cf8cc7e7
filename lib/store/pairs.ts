/** What Redis answers in turn, by twos. */
export const pairs = <One>(answer: readonly One[]): (readonly [One, One])[] =>
  answer.flatMap((one, place) =>
    place % 2 === 0 && place + 1 < answer.length ? [[one, answer[place + 1] as One]] : [],
  );
