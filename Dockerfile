# docker build -t kis-mcp .
#
# stdio, as a host starts it (the volume keeps the journal of orders, tokens and caches):
#   docker run -i --rm --read-only -v kis-mcp:/data --env-file keys.env kis-mcp
# without any tool that orders:
#   docker run -i --rm --read-only -v kis-mcp:/data --env-file keys.env kis-mcp serve --read-only
# Streamable HTTP, which the server offers to its own machine alone:
#   docker run -d --read-only -v kis-mcp:/data --env-file keys.env --network host kis-mcp serve --http 127.0.0.1:8765

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY kis_mcp kis_mcp
COPY tools tools
COPY resources resources
RUN python -m venv /opt/kis-mcp && /opt/kis-mcp/bin/pip install --no-cache-dir -r requirements.lock .

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data kis && install -d -o kis -g kis -m 700 /data
COPY --from=build /opt/kis-mcp /opt/kis-mcp
COPY bundles/healthcheck.py /opt/kis-mcp/healthcheck.py
ENV PATH=/opt/kis-mcp/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 KIS_DATA_DIR=/data
USER 10001:10001
VOLUME ["/data"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "/opt/kis-mcp/healthcheck.py"]
ENTRYPOINT ["kis-mcp"]
CMD ["serve"]
