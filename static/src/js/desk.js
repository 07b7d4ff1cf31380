// Pages drawn by the server: htmx and small behaviours. Everything here also works without JavaScript.
import htmx from "htmx.org";
import { announceUnsent, leavePhone } from "./behaviours/account.js";
import { listenForActions } from "./behaviours/actions.js";
import { keepDrafts } from "./behaviours/drafts.js";
import { listenForForms } from "./behaviours/forms.js";
import { configureHtmx } from "./behaviours/htmx.js";
import { openPlans } from "./behaviours/plan.js";
import { listenForPoints } from "./behaviours/points.js";
import { sendForms } from "./behaviours/sending.js";
import { keepTyping } from "./behaviours/typing.js";
import { listenForTheme } from "./theme.js";

configureHtmx(htmx);
listenForTheme();
listenForActions();
listenForForms();
listenForPoints();
openPlans();
keepTyping();
keepDrafts();
sendForms();
leavePhone();
announceUnsent();
