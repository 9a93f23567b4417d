// Given the least sizes, in CSS pixels, names every target, letter and line of a page below them.
(least) => {
  const faults = [];
  const seen = (part) => {
    const box = part.getBoundingClientRect();
    if (part.closest('details:not([open]) > :not(summary)') || part.closest('.sr, .skip, .js .faults.single')) return null;
    return box.width > 1 && box.height > 1 && getComputedStyle(part).visibility !== 'hidden' ? box : null;
  };
  const name = (part) =>
    `${part.tagName.toLowerCase()}.${part.className} «${(part.textContent || part.id).trim().slice(0, 24)}»`;
  const targets = 'a[href], button, select, textarea, summary, input:not([type=hidden]), label.choice';
  for (const part of document.querySelectorAll(targets)) {
    const box = seen(part);
    if (!box || part.closest('.choices > input') || part.matches('.choices > input')) continue;
    // WCAG 2.5.8 leaves out links in a sentence; they must only be high enough to be hit.
    const sentence = part.tagName === 'A' && part.parentElement.matches('p, dd, li, small') &&
      part.parentElement.textContent.trim() !== part.textContent.trim();
    const tall = sentence ? Math.min(least.target, 24) : least.target;
    if (box.height < tall - 0.5) faults.push(`${Math.round(box.height)} px high: ${name(part)}`);
    if (!sentence && box.width < tall - 0.5) faults.push(`${Math.round(box.width)} px wide: ${name(part)}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const looked = new Set();
  while (walker.nextNode()) {
    const part = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || looked.has(part) || part.closest('svg, option, script')) continue;
    looked.add(part);
    if (!seen(part)) continue;
    const style = getComputedStyle(part);
    const size = parseFloat(style.fontSize);
    if (size < least.letters - 0.1) faults.push(`letters of ${size} px: ${name(part)}`);
    const paragraph = part.matches('p, li, dd, dt, small') && part.getClientRects().length > 0;
    if (paragraph && parseFloat(style.lineHeight) < 1.3 * size - 0.1) {
      faults.push(`lines of ${style.lineHeight} for letters of ${style.fontSize}: ${name(part)}`);
    }
  }
  return faults;
}
