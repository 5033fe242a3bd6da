// Parts of a page that are plain HTML: see explorer/parts/markup.py.
"use strict";
(function () {
  window.explorer = {
    Markup({ id, tag, html, className }) {
      const content = { __html: html };
      return window.React.createElement(tag, { id, className, "data-markup": "", dangerouslySetInnerHTML: content });
    },
  };

  // As Dash's own links do; those have followed it before this hears of it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-markup] a[href^='/']");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || event.defaultPrevented || elsewhere || link.hasAttribute("download")) return;
    event.preventDefault();
    history.pushState({}, "", link.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  });
})();
