const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** A share of 1, in percent; nothing where nobody could be counted. */
export const rateText = (of: number | null | undefined): string | null =>
  of === null || of === undefined ? null : percent.format(of);

export const Rate = ({ of }: { of: number | null | undefined }) => {
  const text = rateText(of);
  return text === null ? <span class="muted">–</span> : <span>{text}</span>;
};
