// What the rating page kept in this browser goes with everything else.

import { forget } from "./storage.js";

const section = document.querySelector("[data-forget]");
forget(section.dataset.forget);
section.toggleAttribute("data-forgotten", true);
