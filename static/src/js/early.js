// Some hundred bytes that arrive long before the app: on a slow network a first visit asks its questions meanwhile.
import { whoIsThere } from "./runner/account.js";
import { askEarly, fetchEarly } from "./runner/early.js";
import { ask } from "./runner/transport.js";
import { hasLeft, mustAsk, remembered } from "./runner/who.js";

if (isSecureContext && !remembered() && (!hasLeft() || mustAsk())) {
  fetchEarly(ask, location.hash, document.documentElement.lang);
  askEarly(whoIsThere);
}
