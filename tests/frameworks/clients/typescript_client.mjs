// The MCP SDK for TypeScript, with a person who answers its form. The task is that of task.py.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const [kind, first, ...rest] = process.argv.slice(2);
const transport =
  kind === "stdio"
    ? new StdioClientTransport({ command: first, args: rest, env: process.env })
    : new StreamableHTTPClientTransport(new URL(first), {
        requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } },
      });
const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} } });
client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept", content: { confirm: true } }));
await client.connect(transport);

const call = async (name, args) => (await client.callTool({ name, arguments: args })).content[0].text;
const order = { symbol: "005930", side: "buy", quantity: 1, price: 60000 };
const { tools } = await client.listTools();
const quote = JSON.parse(await call("get_quote", { symbol: "005930" }));
const placed = JSON.parse(await call("place_order", order));
const error = await call("get_quote", { symbol: "ZZZZZZ" });
console.log(
  JSON.stringify({
    tools: tools.length,
    price: quote.blocks.quote.price,
    order: placed.blocks.order.status,
    confirmed_by: "person",
    error,
  }),
);
await client.close();
