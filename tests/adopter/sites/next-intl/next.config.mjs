import { withGatehouse } from 'next-gatehouse/config';
import createNextIntlPlugin from 'next-intl/plugin';

const withNextIntl = createNextIntlPlugin();

export default withNextIntl(withGatehouse({ experimental: { authInterrupts: true } }, { maxBodyBytes: 1_000 }));
