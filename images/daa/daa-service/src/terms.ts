/** Words that say nothing about what a question is about. */
const STOP = new Set(
  `about after all and any are because been before but can could did does each for from had has have her him his how into
   its may might more most must not off one only other our out over shall she should some such than that the their them
   then there these they this those through under until was were what when where which while who whom whose why will with
   would you your`.split(/\s+/),
);
const MOST_TERMS = 10;
const SHORTEST = 3;
const LONGEST = 50;

/** What a question is about, as items that patterns are made of. */
export function termsOf(question: string): string[] {
  const words = question.normalize('NFKD').toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const terms = words.filter((word) => word.length >= SHORTEST && word.length <= LONGEST && !STOP.has(word));
  return [...new Set(terms)].slice(0, MOST_TERMS);
}

/** The same for questions that differ in spaces, capitals and the mark at their end alone. */
export function normalised(question: string): string {
  return question.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim().replace(/[?!. ]+$/, '');
}
