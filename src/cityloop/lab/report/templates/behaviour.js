"use strict";
(() => {
  const root = document.documentElement;
  const kept = (name) => { try { return localStorage.getItem("cityloop-" + name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem("cityloop-" + name, value); } catch { /* private reading */ } };
  const asked = new URLSearchParams(location.hash.slice(1)); // report.html#lang=ko&theme=dark
  const setLanguage = (language) => {
    root.dataset.lang = language;
    root.lang = language;
    document.title = document.querySelector(`meta[name="title-${language}"]`).content;
  };
  const browser = (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";
  setLanguage(asked.get("lang") || kept("lang") || browser);
  const theme = asked.get("theme") || kept("theme");
  if (theme) root.dataset.theme = theme;

  addEventListener("DOMContentLoaded", () => {
    document.getElementById("language").addEventListener("click", () => {
      setLanguage(root.dataset.lang === "ko" ? "en" : "ko");
      keep("lang", root.dataset.lang);
    });
    document.getElementById("theme").addEventListener("click", () => {
      const isDark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = isDark ? "light" : "dark";
      keep("theme", root.dataset.theme);
    });
    document.getElementById("print").addEventListener("click", () => print());
    for (const button of document.querySelectorAll("table.sortable th button")) {
      button.addEventListener("click", () => sort(button.closest("th")));
    }
  });

  const sort = (head) => {
    const table = head.closest("table");
    const column = Number(head.dataset.column);
    const direction = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const value = (row) => row.cells[column].dataset.value;
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === ""); // what cannot be told comes last
      const difference = Number(x) - Number(y);
      return sign * (Number.isNaN(difference) ? x.localeCompare(y, undefined, { numeric: true }) : difference);
    };
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(order));
  };
})();
