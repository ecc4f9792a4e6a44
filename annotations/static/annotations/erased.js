// What the rating page kept in this browser goes with everything else.

import { forget } from "./outbox.js";

forget(document.querySelector("[data-forget]").dataset.forget);
