// A client in another language: calls one tool over Streamable HTTP, one call after another and many at once.
// node over_http_client.mjs URL TOKEN CALLS → {"one": [milliseconds …], "many": milliseconds for 50 at once}

const [url, token, calls] = process.argv.slice(2);
const headers = {
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25",
};
let id = 0;

async function send(method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  const session = response.headers.get("mcp-session-id");
  if (session) headers["mcp-session-id"] = session;
  return text;
}

const call = () => send("tools/call", { name: "get_environment", arguments: {} });

await send("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "benchmark", version: "1" },
});
const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
await fetch(url, { method: "POST", headers, body: note });
for (let warm = 0; warm < 20; warm++) await call();
const one = [];
for (let count = 0; count < Number(calls); count++) {
  const start = performance.now();
  await call();
  one.push(performance.now() - start);
}
const start = performance.now();
await Promise.all(Array.from({ length: 50 }, call));
console.log(JSON.stringify({ one, many: performance.now() - start }));
