const group = document.querySelector(".filter");
group.hidden = false;
group.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  for (const other of group.children) other.setAttribute("aria-pressed", other === button);
  const show = button.dataset.show;
  for (const day of document.querySelectorAll(".day")) {
    let any = false;
    for (const event of day.querySelectorAll(".event")) {
      event.hidden = Boolean(show) && event.dataset.provider !== show;
      any = any || !event.hidden;
    }
    day.hidden = !any;
  }
});
