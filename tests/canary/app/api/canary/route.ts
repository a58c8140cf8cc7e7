const CARELESS = { 'Cache-Control': 'public, max-age=600', Vary: 'Accept' };
const answer = () => Response.json({ canary: 'CANARY-handler' }, { headers: CARELESS });

export { answer as DELETE, answer as GET, answer as POST, answer as PUT };
