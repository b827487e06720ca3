// The MCP SDK for TypeScript, with a person who answers its form. What it does is what loop.py does.

import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ErrorCode } from "@modelcontextprotocol/sdk/types.js";

const [kind, first, ...rest] = process.argv.slice(2);
const transport =
  kind === "stdio"
    ? new StdioClientTransport({ command: first, args: rest, env: process.env })
    : new StreamableHTTPClientTransport(new URL(first), {
        requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } },
      });
const asked = [];
const progress = [];
const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} } });
client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
  asked.push(params.message);
  return { action: "accept", content: { confirm: true } };
});
await client.connect(transport);

const call = async ({ tool, arguments: given, seconds }) => {
  const { content } = await client.callTool({ name: tool, arguments: given }, undefined, {
    timeout: seconds * 1000,
    onprogress: ({ message }) => progress.push(message),
  });
  return [content[0].text, content.filter(({ type }) => type === "image").map(({ data }) => data)];
};
const read = async (uri) => [(await client.readResource({ uri })).contents[0].text, []];

console.log(JSON.stringify({ tools: (await client.listTools()).tools.length }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  asked.length = progress.length = 0;
  let given_up = false;
  const [text, pictures] = await (request.read ? read(request.read) : call(request)).catch((error) => {
    if (error.code !== ErrorCode.RequestTimeout) throw error;
    given_up = true;
    return ["", []];
  });
  console.log(JSON.stringify({ text, pictures, asked, progress, given_up }));
}
await client.close();
