// A text that was sent without a session: it is put where the editor finds it after signing in, which then happens in
// this window.

const form = document.getElementById("held");
const text = document.getElementById("content");
const link = document.getElementById("sign-in");
const { path, base, section = "" } = form.dataset;
const key = `draft:${path}${section && `#${section}`}`;

const keep = () => {
  try {
    localStorage.setItem(key, JSON.stringify({ text: text.value, base, time: Date.now() }));
    sessionStorage.setItem("resume", key);
    return true;
  } catch {
    return false;
  }
};

if (link && keep()) {
  link.removeAttribute("target");
  text.addEventListener("input", keep);
  link.addEventListener("click", keep);
}
