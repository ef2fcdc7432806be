const find = (id) => document.getElementById(id);
const say = (text) => { find("status").textContent = text; };

async function ask(method, path, body) {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const said = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
  return said;
}

function size(bytes) {
  const power = Math.min(3, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
  return `${(bytes / 1024 ** power).toFixed(power ? 1 : 0)} ${["B", "KiB", "MiB", "GiB"][power]}`;
}

function row(file) {
  const line = document.createElement("tr");
  const link = Object.assign(document.createElement("a"), { href: `/api/files/${file.id}/content`, textContent: file.name });
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "Delete" });
  remove.setAttribute("aria-label", `Delete ${file.name}`);
  remove.addEventListener("click", attempt(async () => {
    await ask("DELETE", `/api/files/${file.id}`);
    await show();
  }));
  for (const content of [link, size(file.bytes), remove]) line.insertCell().append(content);
  return line;
}

async function show() {
  const { files } = await ask("GET", "/api/files");
  find("list").replaceChildren(...files.map(row));
  find("sign-in").hidden = true;
  find("files").hidden = false;
}

// fetch tells nothing about how much of a body was sent.
function send(form) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => { find("progress").value = event.loaded / event.total; });
    request.addEventListener("load", () => {
      request.status === 201 ? resolve() : reject(new Error(JSON.parse(request.responseText).error));
    });
    request.addEventListener("error", () => reject(new Error("the connection broke")));
    request.open("POST", "/api/files");
    request.send(new FormData(form));
  });
}

function attempt(action) {
  return async (event) => {
    event?.preventDefault();
    say("");
    try {
      await action(event);
    } catch (error) {
      say(error.message);
      if (error.status === 401) {
        find("sign-in").hidden = false;
        find("files").hidden = true;
      }
    }
  };
}

find("sign-in").addEventListener("submit", attempt(async (event) => {
  const { email, password } = Object.fromEntries(new FormData(event.target));
  if (event.submitter.value === "accounts") await ask("POST", "/api/accounts", { email, password });
  await ask("POST", "/api/session", { email, password });
  await show();
}));

find("upload").addEventListener("submit", attempt(async (event) => {
  find("progress").hidden = false;
  try {
    await send(event.target);
  } finally {
    find("progress").hidden = true;
  }
  event.target.reset();
  await show();
}));

find("sign-out").addEventListener("click", attempt(async () => {
  await ask("DELETE", "/api/session");
  location.reload();
}));

await attempt(show)();
