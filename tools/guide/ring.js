// Prepares the open page for its picture: scrolls to the marks, outlines them and hides texts of the
// demo. Called without marks, it restores the page. It resolves after the page was painted, because a
// screenshot during scrolling would show an intermediate position.
async marks => {
  document.querySelectorAll(".walk-ring").forEach(ring => ring.remove());
  document.querySelectorAll("[data-walk]").forEach(part => {
    part.style.display = part.style.filter = "";
    part.removeAttribute("data-walk");
  });
  if (!marks.length) return;

  document.activeElement.blur();
  const change = (part, style) => { Object.assign(part.style, style); part.dataset.walk = ""; };
  document.querySelectorAll("[role=status]").forEach(said => {
    if (said.textContent.includes("演示")) change(said, { display: "none" });
  });
  // The QR codes of this site lead to this machine; they must not be readable in a picture.
  document.querySelectorAll(".qr").forEach(code => change(code, { filter: "blur(4px) contrast(.3) brightness(1.5)" }));

  const union = boxes => ({
    left: Math.min(...boxes.map(box => box.left)), right: Math.max(...boxes.map(box => box.right)),
    top: Math.min(...boxes.map(box => box.top)), bottom: Math.max(...boxes.map(box => box.bottom)),
  });
  // A field includes its label; a heading stands for its whole card.
  const boxOf = mark => {
    const parts = mark.matches("h2") ? [mark.closest(".card")] : [mark, ...(mark.labels || [])];
    return union(parts.map(part => part.getBoundingClientRect()));
  };
  const dock = document.querySelector(".dock, .tabs");
  const bottom = innerHeight - (dock ? dock.offsetHeight : 0) - 16;
  const stays = mark => mark.closest(".dock, .tabs, #dialog");
  if (!document.querySelector("#dialog .sheet")) scrollTo(0, 0);
  const moving = marks.filter(mark => !stays(mark)).map(boxOf);
  if (moving.length) {
    const all = union(moving);
    // Marks that are too tall are shown from the top; without scrolling, the page title is visible.
    if (all.bottom > bottom) scrollBy(0, Math.min(all.bottom - bottom, all.top - 24));
  }

  const red = "#d9230f";
  marks.forEach((mark, index) => {
    const box = boxOf(mark), ring = document.createElement("div");
    const air = mark.labels ? 9 : 5;
    const left = Math.max(box.left - air, 3), right = Math.min(box.right + air, innerWidth - 3);
    const top = Math.max(box.top - 5, 3), low = Math.min(box.bottom + 5, innerHeight - 3);
    ring.className = "walk-ring";
    Object.assign(ring.style, {
      position: "fixed", zIndex: 99, boxSizing: "border-box",
      left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${low - top}px`,
      border: `4px solid ${red}`, borderRadius: "12px", boxShadow: "0 0 0 2px #fff",
    });
    document.body.appendChild(ring);
    if (marks.length === 1) return;
    // Place the number where it covers no text: on the corner of wide marks, beside narrow ones.
    const beside = right - left < 130, high = top < 30;
    const x = beside ? (high ? (left + right) / 2 - 15 : left - 28) : right - 40;
    const y = beside ? (high ? low - 2 : (top + low) / 2 - 15) : Math.max(top - 15, 2);
    const number = document.createElement("div");
    number.className = "walk-ring";
    number.textContent = index + 1;
    Object.assign(number.style, {
      position: "fixed", zIndex: 99, left: `${x}px`, top: `${y}px`, width: "30px", height: "30px",
      borderRadius: "50%", background: red, color: "#fff", boxShadow: "0 0 0 2px #fff",
      font: "bold 20px/30px sans-serif", textAlign: "center",
    });
    document.body.appendChild(number);
  });
  const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  await painted();
  await painted();
}
