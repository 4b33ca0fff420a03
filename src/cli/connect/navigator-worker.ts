import { workerData } from "node:worker_threads";
import { serveNavigatorHere } from "../../planner/node.ts";
import { openRobotNavigator, type RobotNavigatorSetup } from "./robot-navigator.ts";

/** The thread that `connect` plans in. */
const { navigator, note } = await openRobotNavigator(workerData as RobotNavigatorSetup);
serveNavigatorHere(navigator, note);
