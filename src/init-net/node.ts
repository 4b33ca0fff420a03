export { type LoadedNet, loadNet, type NavigationSizes, readNetMetadata } from "./load-net.ts";
