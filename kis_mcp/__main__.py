from kis_mcp.cli.main import main

main()
