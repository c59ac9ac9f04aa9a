(function () {
  var list = document.getElementById("cards"), find = document.getElementById("find"), sort = document.getElementById("sort"), kind = document.getElementById("kind");
  if (!list || !find || !sort || !kind) return;
  document.getElementById("tools").hidden = false;
  var cards = Array.prototype.slice.call(list.children), said = document.getElementById("found");
  function update() {
    var wanted = find.value.trim().toLowerCase(), shown = 0;
    cards.sort(function (a, b) {
      return sort.value === "name"
        ? a.dataset.name.localeCompare(b.dataset.name)
        : Number(a.dataset.place) - Number(b.dataset.place);
    });
    cards.forEach(function (card) {
      card.hidden = card.dataset.name.toLowerCase().indexOf(wanted) < 0 || (kind.value && card.dataset.kind !== kind.value);
      if (!card.hidden) shown += 1;
      list.appendChild(card);
    });
    said.textContent = wanted || kind.value ? shown + " of " + cards.length : "";
  }
  find.addEventListener("input", update);
  sort.addEventListener("change", update);
  kind.addEventListener("change", update);
})();
(function () {
  // A folded part that is asked for by its address, or printed, is opened.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  });
})();
