// Logging in by a provider or with a token, who is logged in, and logging out.
import { $, el, show, tell } from "./dom.js";
import { credentials, get, giveToken, post } from "./api.js";
import { openDialog } from "./keys.js";

const WANTED = "This server wants a token. It was printed when the server started; others come from: pogo token create";

// Asks who it is. `again` goes on with a token; by a provider the browser leaves, and comes back to this address.
export async function askWho(problem, again) {
  const { logins = [] } = await get("logins").catch(() => ({}));
  const dialog = $("dialog");
  const input = el("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const leads = logins.map(({ name, title }) =>
    el("a", { href: `../login/${encodeURIComponent(name)}?to=${encodeURIComponent(location.hash)}` }, `Log in with ${title}`),
  );
  // A refusal says what was wrong with what was given; without anything given, what there is to give.
  const said = credentials() || (leads.length && problem.message) ? problem.message : WANTED;
  show(
    dialog,
    el(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          giveToken(input.value.trim());
          dialog.close();
          again();
        },
      },
      el("h2", "Log in"),
      el("p", said),
      leads.length > 0 && el("p.logins", leads),
      el("label", leads.length ? "Or a token " : "Token ", input),
      el("p.buttons", el("button.primary", { type: "submit" }, "Log in")),
    ),
  );
  if (!dialog.open) openDialog();
}

// Whoever is known to the server.
export const me = { name: null };

// Who is known to the server, in the frame. What asks for a login is not asked by this.
export async function showWho() {
  const place = $("who");
  const session = await get("session").catch(() => null);
  place.hidden = !session;
  if (!session) return;
  const { actor, login } = session;
  me.name = actor.name;
  const how = login ? `Logged in with ${login}` : actor.token ? `By the token ${actor.token}` : "Known by the connection";
  const out = async () => {
    try {
      const { end_session } = await post("../logout");
      // Nothing that was shown stays, nor the stream that brought it. The provider leads back here.
      if (end_session) location.replace(end_session);
      else location.reload();
    } catch (problem) {
      tell(problem.message);
    }
  };
  show(
    place,
    el("summary", { title: "Who is logged in" }, actor.name, actor.token && el("small", ` ${actor.token}`)),
    el("div", el("p", how), login && el("button", { onclick: out }, "Log out")),
  );
}
