"use strict";
// The reader's language and light or dark: replay.html#lang=ko&theme=dark, else as chosen before, else the browser's.
const asked = new URLSearchParams(location.hash.slice(1));
const choices = (() => {
  const root = document.documentElement;
  const kept = (name) => { try { return localStorage.getItem("cityloop-" + name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem("cityloop-" + name, value); } catch { /* private reading */ } };
  const setLanguage = (language) => {
    root.dataset.lang = root.lang = language === "ko" ? "ko" : "en";
    document.title = document.querySelector(`meta[name="title-${root.lang}"]`).content;
  };
  const browser = (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";
  setLanguage(asked.get("lang") || kept("lang") || browser);
  const theme = asked.get("theme") || kept("theme");
  if (theme) root.dataset.theme = theme;
  return {
    get language() { return root.dataset.lang; },
    turnLanguage() {
      setLanguage(root.dataset.lang === "ko" ? "en" : "ko");
      keep("lang", root.dataset.lang);
    },
    turnTheme() {
      const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = isDark ? "light" : "dark";
      keep("theme", root.dataset.theme);
    },
  };
})();
