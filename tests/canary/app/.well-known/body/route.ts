export { POST } from '../../body/route';
