import { AboutView } from './about/about.tsx';
import { AdminView } from './admin/admin.tsx';
import { BringView } from './bring/bring.tsx';
import { MapView } from './map/map.tsx';
import { Watchlist } from './marks/watchlist.tsx';
import { Mine } from './mine/mine.tsx';
import { Loved } from './rating/loved.tsx';
import { Together } from './together/together.tsx';
import type { OtherViews } from './views.ts';

export const OTHER_VIEWS: OtherViews = {
  mine: Mine,
  bring: BringView,
  watchlist: Watchlist,
  loved: Loved,
  together: Together,
  map: MapView,
  about: AboutView,
  admin: AdminView,
};
