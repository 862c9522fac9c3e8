// Times with their date where it is not today, and their zone; and durations.
import { read, write } from "./keys.js";

// What the server's clock is ahead of the browser's.
let skew = null;
// What a record says is past by now, so the greatest difference is the nearest; what a heartbeat says is the present.
export const adjust = (server, isPresent) => {
  const found = server - Date.now();
  if (isPresent || skew === null || found > skew) skew = found;
};
export const now = () => Date.now() + (skew === null || Math.abs(skew) < 1500 ? 0 : skew);

let utc = read("zone") === "utc";
export const switchZone = () => {
  utc = !utc;
  write("zone", utc ? "utc" : "local");
};

const formats = new Map();
function format(options) {
  const key = JSON.stringify([options, utc]);
  if (!formats.has(key)) {
    formats.set(
      key,
      new Intl.DateTimeFormat("en-GB", { ...options, hourCycle: "h23", ...(utc ? { timeZone: "UTC" } : {}) }),
    );
  }
  return formats.get(key);
}

const DAY = { year: "numeric", month: "2-digit", day: "2-digit" };
const day = (at) => {
  const parts = Object.fromEntries(
    format(DAY)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}`;
};

export function clock(at, seconds = true) {
  if (at === undefined || at === null) return "";
  const time = format({ hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) }).format(at);
  const date = day(at);
  return date === day(now()) ? time : `${date} ${time}`;
}

export const full = (at) =>
  `${day(at)} ${format({ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" }).format(at)}`;

export function zone() {
  if (utc) return "UTC";
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short", hour: "2-digit" }).formatToParts(now());
  const found = parts.find((part) => part.type === "timeZoneName");
  return found ? found.value : "local";
}

export function lasted(ms) {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return "";
  ms = Math.max(0, ms);
  if (ms < 1000) return `${Math.round(ms / 100) / 10} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${String(s % 60).padStart(2, "0")} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} m`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

// For what is guessed: no more than is known.
export function about(ms) {
  const s = ms / 1000;
  if (s < 50) return `${Math.max(1, Math.round(s / 5) * 5)} s`;
  if (s < 5400) return `${Math.max(1, Math.round(s / 60))} min`;
  return `${Math.round(s / 360) / 10} h`;
}

export const ago = (at) => `${lasted(now() - at)} ago`;

// What an input of date and time has, in the zone that times are shown in.
export const toInput = (at) =>
  new Date(utc ? at : at - new Date(at).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
export const fromInput = (text) => Date.parse(utc ? `${text}Z` : text);
