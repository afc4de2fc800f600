// What does not fit a page: targets that are too small to hit and, in elder mode, text that wraps in a box narrower than
// four of its own signs. Elder mode is tried at every step of its text, whatever the page was asked for in.
(steps) => {
  const ROW = 4; // signs
  const FINEST = 24; // px; a mouse on a staff page
  const root = document.documentElement;
  const block = (e) => (getComputedStyle(e).display === "inline" ? block(e.parentElement) : e);
  const named = (e) => `<${e.tagName.toLowerCase()} class="${e.className}"> ${(e.innerText || e.value || e.ariaLabel || "").trim().slice(0, 24)}`;
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  const seen = [...document.body.querySelectorAll("*")].filter((e) => !e.closest(".vh, .skip, svg, [inert]"));
  const texts = seen.map((e) => [e, written(e)]).filter(([, nodes]) => nodes.length);
  const targets = seen.filter((e) => e.matches("a[href], button, summary, select, input, textarea, [role=button]"));

  function written(e) {
    return [...e.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim().length > 1);
  }

  function rows(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    return new Set([...range.getClientRects()].filter((one) => one.width > 1).map((one) => Math.round(one.top))).size;
  }

  function narrow(e, nodes) {
    const box = getComputedStyle(block(e));
    const room = block(e).clientWidth - parseFloat(box.paddingInlineStart) - parseFloat(box.paddingInlineEnd);
    const needed = ROW * parseFloat(getComputedStyle(e).fontSize);
    return room < needed - 1 && nodes.some((node) => rows(node) > 1) ? `${Math.round(room)} px for text that needs ${Math.round(needed)}: ${named(e)}` : "";
  }

  function target(e) {
    if (e.matches("[type=radio], [type=checkbox]")) return e.labels[0] || e;
    return e.closest(".card--link, .stat") || e;
  }

  // A link within a sentence is as high as its line (WCAG 2.5.8).
  function within(e) {
    return getComputedStyle(e).display === "inline" && block(e).innerText.trim().length > e.innerText.trim().length;
  }

  function small(e, least) {
    const { width, height, right } = target(e).getBoundingClientRect();
    if (Math.min(width, height, right) <= 1 || within(e) || Math.min(width, height) >= least - 0.5) return "";
    return `${Math.round(width)} x ${Math.round(height)} px, not ${least}: ${named(e)}`;
  }

  const fitting = (least) => targets.filter(shown).map((e) => small(e, least)).filter(Boolean);
  const reading = () => texts.filter(([e]) => shown(e)).map(([e, nodes]) => narrow(e, nodes)).filter(Boolean);

  const was = { ...root.dataset };
  const found = [];
  if (was.mode !== "elder") found.push(...fitting(was.density === "staff" ? FINEST : 44).map((one) => `normal: ${one}`));
  root.dataset.mode = "elder";
  for (const step of steps) {
    if (step === "1") delete root.dataset.text;
    else root.dataset.text = step;
    found.push(...[...reading(), ...fitting(60)].map((one) => `step ${step}: ${one}`));
    if (root.scrollWidth > root.clientWidth) found.push(`step ${step}: scrolls sideways: ${root.scrollWidth}`);
  }
  for (const name of ["mode", "text"]) {
    if (name in was) root.dataset[name] = was[name];
    else delete root.dataset[name];
  }
  return found;
}
