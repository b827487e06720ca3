"""The actions on strategies: the core tool `strategies` has them all, the toolset `strategies` each as a tool."""
