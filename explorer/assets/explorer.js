// What a browser does by itself: preferences, copying, keeping one's place.
"use strict";
(function () {
  const YEAR = 365 * 24 * 3600;

  function cookie(name) {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(name + "="));
    return found ? found.slice(name.length + 1) : null;
  }

  function keep(name, value) {
    document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax`;
  }

  // Until someone chooses, the theme is that of the system.
  if (!cookie("theme")) {
    keep("theme", window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }
  document.documentElement.dataset.theme = cookie("theme");

  async function copy(button) {
    const text = button.parentElement.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = before), 1500);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });

  // The form is none that could be sent: its inputs speak for themselves.
  document.addEventListener("submit", (event) => event.preventDefault());

  let shown = null;
  const no_update = () => window.dash_clientside.no_update;

  // A link to a part of a page waits until that part is there.
  function goToPart() {
    if (!location.hash) return;
    const part = document.getElementById(location.hash.slice(1));
    if (part) part.scrollIntoView({ block: "start" });
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    explorer: {
      prefer(clicks, value, name) {
        if (!clicks) return no_update();
        keep(name, value);
        if (name === "theme") document.documentElement.dataset.theme = value;
        return `${name}=${value}`;
      },

      // Live pages ask anew, but neither unseen, nor before the answer is there, nor while something is being chosen.
      tick(count, search, refreshing) {
        const page = document.getElementById("page");
        const busy = refreshing || !page || page.getAttribute("aria-busy") === "true";
        const choosing = document.querySelector("#filters [aria-expanded=true]");
        const still = new URLSearchParams(search).get("live") === "0";
        return document.hidden || busy || choosing || still ? no_update() : count;
      },

      say(said) {
        if (!said) return no_update();
        document.title = said.title;
        document.documentElement.lang = said.language;
        if (shown !== null && shown !== location.pathname) {
          window.scrollTo(0, 0);
          document.getElementById("page").focus({ preventScroll: true });
        }
        shown = location.pathname;
        return no_update();
      },

      open(clicks) {
        const clicked = (clicks || []).find((click) => click && click.points[0].customdata);
        if (!clicked) return no_update();
        const part = document.getElementById(`touchpoint-${clicked.points[0].customdata[0]}`);
        if (part) {
          part.open = true;
          part.scrollIntoView({ block: "center" });
          part.querySelector("summary").focus({ preventScroll: true });
        }
        return no_update();
      },
    },
  });

  // On a phone the navigation is wider than the screen.
  function showWhereWeAre(link) {
    const list = link.closest("ul");
    list.scrollLeft = link.offsetLeft - list.offsetLeft - (list.clientWidth - link.clientWidth) / 2;
  }

  let wanted = null;
  let current = null;
  new MutationObserver(() => {
    const link = document.querySelector("nav a.current");
    if (link && link !== current) {
      current = link;
      showWhereWeAre(link);
    }
    const key = location.pathname + location.search + location.hash;
    const part = location.hash && document.getElementById(location.hash.slice(1));
    if (part && wanted !== key) {
      wanted = key;
      goToPart();
    }
  }).observe(document, { childList: true, subtree: true });
})();
